/*
 * opus_link.js - the exact samples of a link, whatever the decoder trimmed
 *
 * A link is an Ogg Opus file of known length (sound_source.js). Its header
 * says how many samples at its beginning are the codec's delay ("pre-skip",
 * RFC 7845, section 4.2), and the position of its last page where it ends.
 * Chromium honours both to the sample. A decoder that does not gives more
 * samples than there are, and how many more says which of the two it left in.
 */

/* libopus' packets, 20 ms at 48 kHz: what is not trimmed fills the last. */
const PACKET = 960;
const MAGIC = "OpusHead";

/* The pre-skip in samples of 48 kHz; 0 when bytes begin no Ogg Opus file. */
export function pre_skip(bytes)
{
	const head = 27 + bytes[26];

	if (bytes.length < head + 12)
		return 0;
	for (let i = 0; i < MAGIC.length; i++)
		if (bytes[head + i] !== MAGIC.charCodeAt(i))
			return 0;
	return bytes[head + 10] | bytes[head + 11] << 8;
}

/*
 * The n_samples that the link holds, from what a decoder made of it. Too few
 * are followed by zeros; too many lose the delay at the beginning when it was
 * left in, else their end. May be a view of decoded.
 */
export function exact_samples(decoded, n_samples, n_skipped)
{
	const n_more = decoded.length - n_samples;
	const padding = (PACKET - (n_skipped + n_samples) % PACKET) % PACKET;

	if (n_more < 0) {
		const filled = new Float32Array(n_samples);

		filled.set(decoded);
		return filled;
	}
	const start = n_more === n_skipped ||
		n_more === n_skipped + padding ? n_skipped : 0;
	return decoded.subarray(start, start + n_samples);
}
