#include <math.h>

#include "dsp/reverb.h"

#include "synth/noise.h"
#include "pitch/recorder.h"

#define P_BAND_OF_NOISE 0.25
#define P_ROOM 0.5
#define P_NOISE 0.7
#define P_MAINS 0.15
#define P_CLIP 0.2
#define P_NARROW 0.4
#define P_8_BIT 0.3
#define N_MAINS_HARMONICS 4
#define PI 3.14159265358979323846

double
recorder_gain_of_db(double db)
{
	return pow(10.0, db / 20.0);
}

double
recorder_level(const float *x, size_t n)
{
	double sum = 0.0;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * (double)x[i];
	return n == 0 ? 0.0 : sqrt(sum / (double)n);
}

static void
add_noise_band(float *x, size_t n, double rate_hz, double level,
    struct random *r)
{
	const double f_hz = 200.0 * pow(30.0, random_uniform(r));
	const double q = random_range(r, 0.5, 3.0);
	/* What the band lets through of white noise. */
	const double share = fmin(0.5 * PI * f_hz / q / (0.5 * rate_hz), 1.0);
	struct noise_band band;

	noise_band_init(&band, f_hz, q, rate_hz);
	noise_add(&band, level / sqrt(share), level / sqrt(share), r, x, n);
}

void
recorder_add_noise(float *x, size_t n, double rate_hz, double level,
    struct random *r)
{
	const double pole = random_uniform(r) < 0.5 ? 0.0 :
	    random_range(r, 0.0, 0.98);
	const double gain = level * sqrt(1.0 - pole * pole);
	double y = 0.0;

	if (random_uniform(r) < P_BAND_OF_NOISE) {
		add_noise_band(x, n, rate_hz, level, r);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		y = pole * y + random_normal(r);
		x[i] += (float)(gain * y);
	}
}

/* A low pass (or high pass) of second order, Q 0.707. */
static void
filter(float *x, size_t n, double rate_hz, double cut_hz, int is_high)
{
	const double w = 2.0 * PI * cut_hz / rate_hz;
	const double alpha = sin(w) / sqrt(2.0), a0 = 1.0 + alpha;
	const double c = cos(w), b = (is_high ? 1.0 + c : 1.0 - c) / 2.0 / a0;
	const double b1 = is_high ? -2.0 * b : 2.0 * b;
	const double a1 = -2.0 * c / a0, a2 = (1.0 - alpha) / a0;
	double x1 = 0.0, x2 = 0.0, y1 = 0.0, y2 = 0.0;

	for (size_t i = 0; i < n; i++) {
		const double in = (double)x[i];
		const double y = b * in + b1 * x1 + b * x2 - a1 * y1 -
		    a2 * y2;

		x2 = x1;
		x1 = in;
		y2 = y1;
		y1 = y;
		x[i] = (float)y;
	}
}

void
recorder_narrow(float *x, size_t n, double rate_hz, struct random *r)
{
	const double top_hz = random_range(r, 2900.0, 3800.0);

	if (random_uniform(r) < 0.5)
		filter(x, n, rate_hz, random_range(r, 80.0, 350.0), 1);
	filter(x, n, rate_hz, top_hz, 0);
	filter(x, n, rate_hz, top_hz, 0);
}

static float
peak_of(const float *x, size_t n)
{
	float peak = 0.0f;

	for (size_t i = 0; i < n; i++)
		peak = fmaxf(peak, fabsf(x[i]));
	return peak;
}

void
recorder_clip(float *x, size_t n, struct random *r)
{
	const float limit = peak_of(x, n) *
	    (float)random_range(r, 0.15, 0.8);

	for (size_t i = 0; i < n; i++)
		x[i] = fminf(fmaxf(x[i], -limit), limit);
}

/* Samples of 8 bits that are "gain" steps of full scale. */
static void
round_steps(float *x, size_t n, float gain)
{
	for (size_t i = 0; i < n; i++)
		x[i] = fminf(fmaxf(rintf(x[i] * gain), -128.0f), 127.0f) /
		    gain;
}

void
recorder_quantise(float *x, size_t n, double level, struct random *r)
{
	round_steps(x, n, (float)(recorder_gain_of_db(random_range(r, -34.0,
	    -12.0)) * 128.0 / level));
}

/* The hum of 50 or 60 Hz and its harmonics, of that level at most. */
static void
add_mains(float *x, size_t n, double rate_hz, double f_hz, double level,
    struct random *r)
{
	for (int k = 1; k <= N_MAINS_HARMONICS; k++) {
		const double gain = level * random_uniform(r) /
		    sqrt(N_MAINS_HARMONICS / 2.0);
		const double w = 2.0 * PI * f_hz * k / rate_hz;
		const double phase = random_range(r, 0.0, 2.0 * PI);

		for (size_t i = 0; i < n; i++)
			x[i] += (float)(gain * sin(w * (double)i + phase));
	}
}

/* What is heard around the voice: a room, noise, the mains. */
static int
add_surroundings(float *x, size_t n, double rate_hz, struct random *r,
    struct error *err)
{
	const double level = recorder_level(x, n);

	if (random_uniform(r) < P_ROOM) {
		const double fade_sec = random_range(r, 0.1, 0.9);
		const double room_db = random_range(r, 0.0, 16.0);

		if (reverb_add(x, n, rate_hz, fade_sec,
		    recorder_gain_of_db(-room_db),
		    random_range(r, 0.5, 2.0), err) != 0)
			return -1;
	}
	if (random_uniform(r) < P_NOISE)
		recorder_add_noise(x, n, rate_hz, level *
		    recorder_gain_of_db(-random_range(r, 3.0, 30.0)), r);
	if (random_uniform(r) < P_MAINS)
		add_mains(x, n, rate_hz, random_uniform(r) < 0.5 ? 50.0 :
		    60.0, level * recorder_gain_of_db(-random_range(r, 3.0,
		    30.0)), r);
	return 0;
}

/* Bring the highest peak to "db" below full scale. */
static void
set_peak(float *x, size_t n, double db)
{
	const float peak = peak_of(x, n);
	const float gain = (float)recorder_gain_of_db(-db) /
	    (peak > 0.0f ? peak : 1.0f);

	for (size_t i = 0; i < n; i++)
		x[i] *= gain;
}

int
recorder_spoil(float *x, size_t n, double rate_hz, struct random *r,
    struct error *err)
{
	if (add_surroundings(x, n, rate_hz, r, err) != 0)
		return -1;
	if (random_uniform(r) < P_CLIP)
		recorder_clip(x, n, r);
	if (random_uniform(r) < P_NARROW)
		recorder_narrow(x, n, rate_hz, r);
	set_peak(x, n, random_range(r, 1.0, 30.0));
	if (random_uniform(r) < P_8_BIT)
		round_steps(x, n, 128.0f);
	return 0;
}
