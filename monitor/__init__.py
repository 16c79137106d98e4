"""What landwatch decides and shows: config, schedule, runner, pipeline, metrics, web, command line."""
