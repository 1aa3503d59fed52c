(define %zfs-guix-start
  ;; A C program that runs CODE, a string, in GUILE.  It is there because
  ;; Guile takes its own start-up code from where GUILE_LOAD_PATH and others
  ;; say, and complains of locales that are not there.  So Guile gets no
  ;; environment; that travels as arguments, and CODE hands it to the program
  ;; that the process becomes.
  "#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

int
main (int argc, char *argv[])
{
  int variables = 0;
  while (environ[variables] != NULL)
    variables++;

  char count[16];
  snprintf (count, sizeof count, \"%d\", variables);

  char **words = calloc (variables + argc + 7, sizeof *words);
  if (words != NULL)
    {
      char **next = words;
      *next++ = GUILE;
      *next++ = \"--no-auto-compile\";
      *next++ = \"-c\";
      *next++ = CODE;
      /* The file that was run; argv[0] is only what the caller says.  */
      *next++ = (char *) getauxval (AT_EXECFN);
      *next++ = count;
      for (int i = 0; i < variables; i++)
        *next++ = environ[i];
      for (int i = 0; i < argc; i++)
        *next++ = argv[i];

      /* Without HOME, Guile would ask the system for one.  */
      char *nothing[] = { \"HOME=/homeless-shelter\", NULL };
      execve (GUILE, words, nothing);
    }
  err (127, \"cannot start \" GUILE);
}
")
