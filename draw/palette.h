/*
 * palette -- colours that people with any colour vision can tell apart.
 *
 * Lines: the eight colours of Okabe and Ito, "Color universal design" (2008).
 * Heat maps: from dark blue to yellow with steadily rising lightness.
 */
#ifndef DRAW_PALETTE_H
#define DRAW_PALETTE_H

#include <stddef.h>

#include "draw/canvas.h"

enum palette_name {
	PALETTE_BLUE, PALETTE_VERMILLION, PALETTE_GREEN, PALETTE_ORANGE,
	PALETTE_PURPLE, PALETTE_SKY, PALETTE_YELLOW, PALETTE_BLACK,
	PALETTE_N
};

/* Colour i; it starts over after the last. */
struct canvas_colour palette_line(size_t i);

/* The colour of a value, cut to 0..1. */
void palette_heat(double value, unsigned char rgb[3]);

#endif
