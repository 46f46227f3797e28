/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* For tests of modules that are not as they should be. */

#pragma once

#include "test-util.h"

G_BEGIN_DECLS

/* How often to do something: less where every step takes long. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_MANY(count) ((count) / 10)
#else
#define TEST_MANY(count) (count)
#endif

/* In files that must not be found. */
#define SECRET "the secret"

/* What is in no search path, for one reason or another. Ends with NULL. */
extern const char *const test_bad_names[];

typedef struct
{
  char *root;
  char *path; /* what is searched; beside it in root is what must not be found */
} TestTree;

/* With the modules fine, pkg, pkg.within and inside, which is a link, and what test_bad_names
 * are names of. */
void test_tree_init (TestTree *tree);
void test_tree_clear (TestTree *tree);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestTree, test_tree_clear)
void test_tree_write (const TestTree *tree, const char *name, const char *text);
void test_write_bytes (const char *folder, const char *name, const char *data, gssize size);

MitogenModuleResponder *test_responder (Fixture *fixture);
void test_add_tree (Fixture *fixture, const TestTree *tree);

void test_assert_call (MitogenContext *context, const char *function, const char *expected);
/* With the reason, for whoever called. */
void test_assert_fails (MitogenContext *context, const char *function, const char *text);
/* What the import raises, said by the context itself. Returns: (transfer full) */
char *test_try_import (MitogenContext *context, const char *name);
void test_assert_no_import (MitogenContext *context, const char *name);
/* Has it ask for all of test_bad_names, and for what are no names, without the importer's checks.
 */
void test_ask_for_bad_names (MitogenContext *context);
/* A call while another context is called. Returns: (transfer full): its value */
GVariant *test_call_beside (MitogenContext *context,
                            MitogenContext *bystander,
                            const char *function,
                            GVariant *args);

G_END_DECLS
