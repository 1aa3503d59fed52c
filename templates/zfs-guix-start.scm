(define %zfs-guix-start
  ;; Guile takes its own start-up code from where GUILE_LOAD_PATH and others
  ;; say, complains of locales that are not there, and takes words apart by the
  ;; locale.  So this C program, compiled with GUILE and CODE, keeps arguments
  ;; and environment in a file in memory, where no other user sees them, and
  ;; runs CODE in GUILE without them; compiled without, it is what CODE runs to
  ;; become a program with them.
  "#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void
fail (const char *name, const char *what, const char *why)
{
  fprintf (stderr, \"%s: cannot run %s: %s.\\n\", name, what, why);
  exit (127);
}

#ifdef GUILE

static void
keep (FILE *file, char **words)
{
  for (; *words != NULL; words++)
    fwrite (*words, 1, strlen (*words) + 1, file);
}

int
main (int argc, char *argv[])
{
  /* The file that was run; argv[0] is only what the caller says.  */
  char *command = (char *) getauxval (AT_EXECFN);
  int fd = memfd_create (\"words\", 0);
  FILE *file = fd < 0 ? NULL : fdopen (fd, \"w\");
  if (file == NULL)
    fail (command, GUILE, strerror (errno));
  keep (file, argv);
  keep (file, environ);
  if (fflush (file) != 0)
    fail (command, GUILE, strerror (errno));

  char number[16], count[16];
  snprintf (number, sizeof number, \"%d\", fd);
  snprintf (count, sizeof count, \"%d\", argc);
  char *words[] = { GUILE, \"--no-auto-compile\", \"-c\", CODE,
                    command, number, count, NULL };
  /* Without HOME, Guile would ask the system for one; the other two keep it
     from preparing for more than the few milliseconds that it has.  */
  char *fixed[] = { \"HOME=/homeless-shelter\", \"GC_MARKERS=1\",
                    \"GUILE_JIT_THRESHOLD=-1\", NULL };
  execve (GUILE, words, fixed);
  fail (command, GUILE, strerror (errno));
}

#else

/* NAME PROGRAM FD COUNT: become PROGRAM with the words in FD, of which COUNT
   are arguments.  */
int
main (int argc, char *argv[])
{
  struct stat status;
  int fd = argc == 4 ? atoi (argv[2]) : -1;
  if (fstat (fd, &status) != 0)
    fail (argv[0], argv[1], strerror (errno));

  size_t size = status.st_size, total = 0;
  char *text = mmap (NULL, size + 1, PROT_READ, MAP_PRIVATE, fd, 0);
  char **words = calloc (size + 2, sizeof *words);
  if (text == MAP_FAILED || words == NULL)
    fail (argv[0], argv[1], strerror (errno));
  close (fd);

  char **environment = NULL;
  for (size_t at = 0; ; at += strlen (text + at) + 1)
    {
      if (environment == NULL && total == (size_t) atoi (argv[3]))
        {
          words[total++] = NULL;
          environment = words + total;
        }
      if (at >= size)
        break;
      words[total++] = text + at;
    }
  execve (argv[1], words, environment);
  /* It was there a moment ago.  */
  fail (argv[0], argv[1], errno == ENOENT
        ? \"its interpreter is not there\" : strerror (errno));
}

#endif
")
