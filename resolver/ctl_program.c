/* SPDX-License-Identifier: MIT */
/* ctresolvectl(1), where it is a program of its own. */
#include "resolver/ctl.h"

int main(int argc, char **argv)
{
	return ctl_main(argc, argv);
}
