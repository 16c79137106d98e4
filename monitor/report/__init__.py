"""Reports: verdicts put together for people and scripts. What they hold is apart from how it is shown."""
