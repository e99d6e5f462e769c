"""Tables and the PDF report: from collected results and prose to something a person reads."""
