"""Where engine calls run: off the event loop, bounded, droppable."""
