"""A policy-driven reaper of sessions: observe -> judge -> plan -> enforce -> record.

The map; a line may use only what stands below it (`make check` holds the walls):

    cli/          options -> one use case -> render -> exit code
    web/          health, metrics and the record over HTTP, read-only
    daemon/       when an account is looked at: scheduler, worker, reload, database, status
    usecases/     one function for each thing that a person or a schedule can ask for
    bootstrap.py  settings -> wired objects; whether sessions can be ended is decided here, once
    platforms/    whose sessions they are: aimms/
    notify/       who is told: mail, webhook
    net/          the one way to other machines: bounded, interruptible, without cookies or redirects
    run/          one pass over one account; run/pipeline.py puts it together
    store/        the record: tables, ledger (append), history (read)
    config/       files that people write -> values: located_yaml, settings, policies, policy_tests
    ports.py      the Protocols between the rooms
    core/         PURE: explaining > planning > judging > language > model, proof
    errors.py     every error a person can meet, with its exit code
    clock.py      the only clock
    logs/         one line an event, without secrets
    emulator/     the foreign API, for demos and tests; shares no code with anything of ours
    files.py      reading and writing files: bounded, regular, whole or not at all
    foreign_text.py  text from outside as it is shown: on terminals, in logs, mails, chats, csv
"""

__version__ = "0.1.0"
