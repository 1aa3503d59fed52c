#include <linux/module.h>

int spl_small (void);

int
spl_small (void)
{
  return 0;
}
EXPORT_SYMBOL (spl_small);

MODULE_DESCRIPTION ("In the place of OpenZFS's own");
MODULE_LICENSE ("GPL");
MODULE_VERSION (VERSION);
