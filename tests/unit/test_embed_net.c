#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

#include "embed/crop.h"
#include "embed/embed_net.h"

static void
expect_bad_network(const char *text)
{
	struct embed_net net;
	struct error err;
	struct json *j = json_parse(text, strlen(text), &err);

	assert_non_null(j);
	assert_int_equal(embed_net_read(j, &net, &err), -1);
	assert_true(err.text[0] != '\0');
	json_free(j);
}

/* ResNet18 without its last layer and with one channel in, and that layer. */
static void
test_resnet18(void **state)
{
	static const char text[] = "{\"network\": {\"architecture\": "
	    "\"embed-resnet\", \"n_columns\": 128, \"channels\": [64, 64, "
	    "128, 256, 512], \"blocks\": 2, \"stem_kernel_columns\": 7, "
	    "\"stem_pool\": 3, \"first_stride\": 1, \"head\": \"mean\"}}";
	struct error err;
	struct embed_net net, again;
	struct json *j = json_parse(text, strlen(text), &err);
	struct graph *g;

	(void)state;
	assert_non_null(j);
	assert_int_equal(embed_net_read(j, &net, &err), 0);
	assert_non_null(g = embed_net_graph(&net, CROP_N_BINS, &err));
	/* torchvision's 11176512 with three channels in. */
	assert_int_equal(graph_n_parameters(g), 11176512 - 2 * 49 * 64 +
	    512 * 128 + 128);
	assert_int_equal(embed_net_put(&net, j, &err), 0);
	assert_int_equal(embed_net_read(j, &again, &err), 0);
	assert_int_equal(again.stem_kernel_columns, 7);
	assert_int_equal(again.stem_pool, 3);
	graph_free(g);
	json_free(j);
}

static void
test_bad_networks(void **state)
{
	(void)state;
	expect_bad_network("{}");
	expect_bad_network("{\"network\": {\"architecture\": \"embed-resnet\","
	    "\"channels\": [4, 8], \"n_columns\": 50, \"stem_pool\": 2}}");
	expect_bad_network("{\"network\": {\"architecture\": \"embed-resnet\","
	    "\"channels\": [4, 8], \"n_columns\": 50, "
	    "\"stem_kernel_bins\": 4}}");
	expect_bad_network("{\"network\": {\"architecture\": \"crepe\"}}");
	expect_bad_network("{\"network\": {\"architecture\": \"embed-resnet\","
	    "\"channels\": [4], \"n_columns\": 50}}");
	expect_bad_network("{\"network\": {\"architecture\": \"embed-resnet\","
	    "\"channels\": [4, 100000], \"n_columns\": 50}}");
	expect_bad_network("{\"network\": {\"architecture\": \"embed-resnet\","
	    "\"channels\": [4, 8], \"n_columns\": 100000}}");
	expect_bad_network("{\"network\": {\"architecture\": \"embed-resnet\","
	    "\"channels\": [4, 8], \"n_columns\": 50, \"head\": \"x\"}}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resnet18),
		cmocka_unit_test(test_bad_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
