"""What tests share: clocks, builders, accounts, processes. `tests` is on pythonpath."""
