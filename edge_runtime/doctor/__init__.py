"""What this machine is and what runs on it: facts, probes in processes of their own, findings with a hint."""
