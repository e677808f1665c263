"""What of a picture is foreground: the subject, cut out along its edges."""
