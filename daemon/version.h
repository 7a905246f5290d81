#pragma once
/* The version that runs. A function in a file of its own, so that a test can link another one. */

const char *version_running(void); /* "0.1.0" */
