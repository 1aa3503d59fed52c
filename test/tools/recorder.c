/* Stands for the real program: prints, byte for byte, what it was given.  */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
main (int argc, char *argv[])
{
  char folder[4096];
  sigset_t blocked;
  for (int i = 0; i < argc; i++)
    printf ("arg %s%c", argv[i], 0);
  for (char **variable = environ; *variable != NULL; variable++)
    printf ("env %s%c", *variable, 0);
  printf ("cwd %s%c", getcwd (folder, sizeof folder), 0);
  sigprocmask (SIG_BLOCK, NULL, &blocked);
  if (sigismember (&blocked, SIGUSR1))
    printf ("blocked%c", 0);
  return argc > 1 ? atoi (argv[1]) : 0;
}
