"""Who moves the money: payment providers behind one small interface, one module each."""
