"""The command line: a command is a job of one step."""
