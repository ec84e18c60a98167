// For LeakSanitizer: libpqxx 6.4 loses the result of a question (2 KiB) when its connection has gone meanwhile, since
// it asks for the client encoding of that connection before it has taken the result over. Nothing that ours can fix.
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() { return "leak:libpqxx-6"; }
