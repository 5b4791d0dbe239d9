#include "draw/palette.h"

static const struct canvas_colour lines[PALETTE_N] = {
	[PALETTE_BLUE] = { 0.0, 0.447, 0.698 },
	[PALETTE_VERMILLION] = { 0.835, 0.369, 0.0 },
	[PALETTE_GREEN] = { 0.0, 0.620, 0.451 },
	[PALETTE_ORANGE] = { 0.902, 0.624, 0.0 },
	[PALETTE_PURPLE] = { 0.8, 0.475, 0.655 },
	[PALETTE_SKY] = { 0.337, 0.706, 0.914 },
	[PALETTE_YELLOW] = { 0.941, 0.894, 0.259 },
	[PALETTE_BLACK] = { 0.0, 0.0, 0.0 },
};

/* Stops, evenly spaced, between which colours are mixed. */
static const double heat[][3] = {
	{ 5, 15, 60 }, { 25, 55, 110 }, { 65, 85, 120 }, { 105, 112, 125 },
	{ 145, 142, 120 }, { 190, 175, 105 }, { 230, 210, 85 },
	{ 255, 240, 120 },
};

#define N_STOPS (sizeof(heat) / sizeof(heat[0]))

struct canvas_colour
palette_line(size_t i)
{
	return lines[i % PALETTE_N];
}

void
palette_heat(double value, unsigned char rgb[3])
{
	double at, part;
	size_t stop, i;

	/* Also true of what is not a number. */
	if (!(value > 0.0))
		value = 0.0;
	if (value > 1.0)
		value = 1.0;
	at = value * (double)(N_STOPS - 1);
	stop = (size_t)at;
	if (stop > N_STOPS - 2)
		stop = N_STOPS - 2;
	part = at - (double)stop;
	for (i = 0; i < 3; i++)
		rgb[i] = (unsigned char)(heat[stop][i] +
		    part * (heat[stop + 1][i] - heat[stop][i]) + 0.5);
}
