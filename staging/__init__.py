"""The application: joins the parts and owns the jobs.

Read `docs/lifecycle.md`, then `staging/jobs/steps.py`, then the part you came for.
"""
