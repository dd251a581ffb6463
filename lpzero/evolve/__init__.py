"""Evolution of formulas: individuals, variation, the engine, its evaluation, the report and the run directory."""
