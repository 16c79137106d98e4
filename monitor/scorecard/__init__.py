"""The scorecard of an acceptance: verdicts of the judge and KPIs of the business, held against thresholds."""
