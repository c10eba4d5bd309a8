"""Who is told: implementations of one port."""
