"""The supervisor behind `workbench up`: everything on one machine, in one foreground process."""
