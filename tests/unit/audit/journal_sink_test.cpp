#include "daemon/audit/journal_sink.hpp"

#include <gtest/gtest.h>

namespace stepup {
namespace {

TEST(JournalSink, writes_a_line_to_stderr_where_there_is_no_journal) {
    JournalSink sink("/nonexistent/socket");
    testing::internal::CaptureStderr();
    sink.show({.event = Event::locked, .at = {}, .account = {1000, "alice"}, .service = "sudo", .fields = {}});
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "MFA-1004 locked user=alice uid=1000 service=sudo\n");
}

}  // namespace
}  // namespace stepup
