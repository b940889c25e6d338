"""What is seen of the work: logs, measures, faults gone on without, who works, what is in hand."""
