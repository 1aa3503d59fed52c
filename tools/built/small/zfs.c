#include <linux/module.h>

int spl_small (void);

static int __init
zfs_small (void)
{
  return spl_small ();
}
module_init (zfs_small);

MODULE_DESCRIPTION ("In the place of OpenZFS's own");
MODULE_LICENSE ("GPL");
MODULE_VERSION (VERSION);
