"""`python -m staging` is `staging`."""

from staging.cli import main

main(prog_name="staging")
