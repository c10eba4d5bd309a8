"""A policy-driven reaper for AIMMS PRO Cloud sessions: source -> judge -> plan -> enforce -> record.

The map of the house (each line may use only what stands below it):

    cli/           click, one file a verb; options -> one use case -> a view -> exit code
    web/           the HTTP face: health, metrics, and the record, read-only
    daemon/        APScheduler and signals: when which account is visited, by which settings and policies
    usecases/      one function for each thing that a person or a schedule can ask for
    bootstrap.py   settings -> wired objects; nothing happens at import
    emulator/      the foreign API, for demos and tests; imports nothing of ours
    watch.py       what the daemon does, as health and metrics see it
    run.py         one pass; the only orchestration
    run_log.py     what a pass tells the log
    policy_cases/  tests for policies: small fleets and the verdicts that are expected
    doubt.py       reasons not to act on a look
    telling.py     who is told of what a policy only finds; mail.py and client/ carry it
    second_look.py one more look at each session, immediately before its end
    enforce.py     Terminator and DryRun, the same Protocol
    client/        the session-manager and tasks APIs over HTTP
    store/         the database: tables, ledger (append), history (read)
    policy_files.py, settings.py and its http_, notify_ and schedule_settings.py   the two kinds of file a person writes
    policy_lint.py what is well-formed in a policy, but never meant
    policy_schema.py               what an editor completes policy files by
    plan_files.py  the plan that a person reviews, sealed
    fleet_files.py a fleet as it once was, kept to be judged again
    located_yaml/                  strict YAML 1.2 that remembers where each value stands
    logs/          one line an event, without secrets; the only room with structlog
    calendars.py   public holidays, from a package that is an extra
    secret.py      a secret by itself, from the environment or from a file
    variables.py   environment variables that look like settings and are none
    addresses.py   what an address tells by itself
    ports.py       the Protocols between the rooms
    core/          PURE: sessions, policies, verdicts, plans
    errors.py      every error a person can meet
"""

__version__ = "0.1.0"
