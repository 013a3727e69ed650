"""What people and other programs read of the address plan: page, workbook, tables, zone files, pictures."""
