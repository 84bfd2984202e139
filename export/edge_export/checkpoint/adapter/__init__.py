"""LoRA adapters as PEFT saves them, merged into the weights of their base when those are read."""
