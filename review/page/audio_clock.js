/*
 * audio_clock.js - which moment of an AudioContext is heard now
 */

/*
 * Seconds of context.currentTime's scale. What has been handed to the output
 * is heard later, by the latency; getOutputTimestamp() says what leaves it and
 * when that was so. Where it is missing, or says what cannot be, the latency
 * the browser gives is taken off.
 */
export function heard_time(context)
{
	const now = context.currentTime;
	const latency = context.outputLatency || context.baseLatency || 0;
	const stamp = context.getOutputTimestamp?.();

	if (context.state === "running" && stamp?.performanceTime > 0 &&
	    stamp.contextTime > 0) {
		const heard = stamp.contextTime +
			(performance.now() - stamp.performanceTime) / 1000;

		if (heard > now - 1 && heard <= now + 0.01)
			return heard;
	}
	return now - latency;
}
