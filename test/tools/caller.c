/* Runs a program in ways that no shell has: "caller HOW PROGRAM WORD ...",
   the words being all arguments, from argv[0] on.  */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

int
main (int argc, char *argv[])
{
  sigset_t blocked;
  if (argc < 3)
    return 99;
  if (strcmp (argv[1], "fexecve") == 0)
    fexecve (open (argv[2], O_RDONLY | O_CLOEXEC), argv + 3, environ);
  else if (strcmp (argv[1], "blocked") == 0)
    {
      sigemptyset (&blocked);
      sigaddset (&blocked, SIGUSR1);
      sigprocmask (SIG_BLOCK, &blocked, NULL);
      execv (argv[2], argv + 3);
    }
  else
    execv (argv[2], argv + 3);
  return 98;
}
