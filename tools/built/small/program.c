/* Each command of OpenZFS, as far as it is asked here: it says its version, or
   reads what it is given. */
#include <stdio.h>
#include <string.h>

int
main (int argc, char **argv)
{
  if (argc > 1 && strcmp (argv[1], "dump") == 0)
    while (getchar () != EOF)
      ;
  else
    puts ("zfs-" VERSION);
  return 0;
}
