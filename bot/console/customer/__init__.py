"""One customer: finding them, their page, and what an agent does there."""
