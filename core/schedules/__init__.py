"""Jobs: what is run, and by which triggers. Dagster ticks them."""
