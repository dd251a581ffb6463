"""Reports: what a run keeps, as a page with pictures, as Markdown or as JSON, and as lines on a terminal."""
