(define %zfs-guix-start
  ;; A C program that runs CODE, a string, in GUILE.  It is there because
  ;; Guile takes its own start-up code from where GUILE_LOAD_PATH and others
  ;; say, and complains of locales that are not there.  So Guile gets none of
  ;; the environment; CODE finds that in a file in memory, where no other user
  ;; sees it, and hands it to the program that the process becomes.
  "#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

int
main (int argc, char *argv[])
{
  int fd = memfd_create (\"environment\", 0);
  FILE *file = fd < 0 ? NULL : fdopen (fd, \"w\");
  char **words = calloc (argc + 7, sizeof *words);
  if (file == NULL || words == NULL)
    err (127, \"cannot start \" GUILE);

  for (char **variable = environ; *variable != NULL; variable++)
    fwrite (*variable, 1, strlen (*variable) + 1, file);
  if (fflush (file) != 0 || lseek (fd, 0, SEEK_SET) != 0)
    err (127, \"cannot hand the environment to \" GUILE);

  char number[16];
  snprintf (number, sizeof number, \"%d\", fd);

  char **next = words;
  *next++ = GUILE;
  *next++ = \"--no-auto-compile\";
  *next++ = \"-c\";
  *next++ = CODE;
  /* The file that was run; argv[0] is only what the caller says.  */
  *next++ = (char *) getauxval (AT_EXECFN);
  *next++ = number;
  for (int i = 0; i < argc; i++)
    *next++ = argv[i];

  /* Without HOME, Guile would ask the system for one; the other two keep it
     from preparing for more than the few milliseconds that it has.  */
  char *fixed[] = { \"HOME=/homeless-shelter\", \"GC_MARKERS=1\",
                    \"GUILE_JIT_THRESHOLD=-1\", NULL };
  execve (GUILE, words, fixed);
  err (127, \"cannot start \" GUILE);
}
")
