"""The Python front door: one function a job, which every command of the command line calls."""
