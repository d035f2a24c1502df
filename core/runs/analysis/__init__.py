"""What follows from the results of a run. Pure functions: rows and edges go in, answers come out."""
