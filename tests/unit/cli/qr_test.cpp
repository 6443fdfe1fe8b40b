#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>
#include <png.h>
#include <sys/stat.h>

#include "cli/qr_file.hpp"
#include "qr/qr_code.hpp"

// Whether pictures show the code that was meant: read back module by module.

namespace stepup::cli {
namespace {

const std::string link = "otpauth://totp/rig:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=rig";

/// Light modules with the quiet zone, row by row.
using Modules = std::vector<std::vector<bool>>;

Modules modules_of(const QrCode& code) {
    Modules rows;
    for (int y = -QrCode::quiet; y < code.width() + QrCode::quiet; ++y) {
        auto& row = rows.emplace_back();
        for (int x = -QrCode::quiet; x < code.width() + QrCode::quiet; ++x) row.push_back(code.is_light(x, y));
    }
    return rows;
}

/// What the strokes of the picture leave light.
Modules modules_of(const std::string& svg, std::size_t side) {
    Modules rows(side, std::vector<bool>(side, true));
    std::istringstream path(svg.substr(svg.rfind("d=\"") + 3));
    std::size_t x = 0;
    std::size_t y = 0;
    double line = 0;
    int step = 0;
    for (char command = 0; path >> command && command != '"';) {
        if (command == 'M') {
            path >> x >> line;
            y = static_cast<std::size_t>(line);
        }
        if (command == 'm') path >> step >> line;
        if (command == 'm') x += static_cast<std::size_t>(step);
        if (command != 'h') continue;
        path >> step;
        while (step-- > 0) rows.at(y).at(x++) = false;
    }
    return rows;
}

std::filesystem::path path_of(const char* name) {
    return std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + name);
}

TEST(QrSvg, draws_each_dark_module_and_no_other) {
    const auto code = QrCode::of(link);
    ASSERT_TRUE(code);
    const auto wanted = modules_of(*code);
    EXPECT_EQ(modules_of(svg_of(*code), wanted.size()), wanted);
}

TEST(QrCode, has_its_finder_patterns_and_a_light_border) {
    const auto code = QrCode::of(link);
    ASSERT_TRUE(code);
    for (const auto& [x, y] : {std::pair{0, 0}, std::pair{code->width() - 7, 0}, std::pair{0, code->width() - 7}})
        for (int i = 0; i < 7; ++i) {
            EXPECT_FALSE(code->is_light(x + i, y));
            EXPECT_EQ(code->is_light(x + 1, y + i), i != 0 && i != 6);
        }
    EXPECT_TRUE(code->is_light(-1, 0));
    EXPECT_TRUE(code->is_light(0, code->width()));
    EXPECT_FALSE(QrCode::of(std::string(3000, 'x'))) << "more than a code holds";
    EXPECT_FALSE(QrCode::of(""));
}

TEST(QrDataUri, is_the_picture_in_base64) {
    const auto uri = qr_data_uri(link);
    const std::string prefix = "data:image/svg+xml;base64,";
    ASSERT_TRUE(uri.starts_with(prefix));
    const auto text = uri.substr(prefix.size());
    EXPECT_EQ(text.size() % 4, 0U);
    EXPECT_EQ(text.substr(0, 8), "PHN2ZyB4") << "<svg x";  // base64(1)
    EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="),
              std::string::npos);
    EXPECT_EQ(qr_data_uri(""), "");
}

TEST(QrFile, as_png_shows_the_same_modules) {
    const auto path = path_of(".png");
    {
        auto file = QrFile::make(path);
        ASSERT_TRUE(file);
        ASSERT_TRUE(file->show(link));
    }
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    ASSERT_NE(png_image_begin_read_from_file(&image, path.c_str()), 0);
    image.format = PNG_FORMAT_GRAY;
    std::vector<png_byte> gray(PNG_IMAGE_SIZE(image));
    ASSERT_NE(png_image_finish_read(&image, nullptr, gray.data(), 0, nullptr), 0);
    std::filesystem::remove(path);
    const auto wanted = modules_of(*QrCode::of(link));
    const auto pixels = image.width / wanted.size();
    Modules seen;
    for (std::size_t y = 0; y < wanted.size(); ++y) {
        auto& row = seen.emplace_back();
        for (std::size_t x = 0; x < wanted.size(); ++x)
            row.push_back(gray[(y * pixels + pixels / 2) * image.width + x * pixels + pixels / 2] == 255);
    }
    EXPECT_EQ(seen, wanted);
}

TEST(QrFile, is_its_owner_s_alone_whatever_the_umask_and_goes_if_nothing_was_put_into_it) {
    const auto path = path_of(".svg");
    const auto before = ::umask(0);
    {
        const auto file = QrFile::make(path);
        ASSERT_TRUE(file);
        EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
        EXPECT_FALSE(QrFile::make(path));
    }
    ::umask(before);
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(QrFile, follows_no_link) {
    const auto path = path_of(".svg");
    const auto target = path_of(".target");
    std::filesystem::create_symlink(target, path);
    EXPECT_FALSE(QrFile::make(path));
    std::filesystem::remove(path);
    EXPECT_FALSE(std::filesystem::exists(target));
}

TEST(QrFile, is_named_by_its_kind) {
    EXPECT_TRUE(QrFile::can_be_called("a.png") && QrFile::can_be_called("/tmp/a.svg"));
    for (const auto* name : {"a", "a.gif", "a.png.txt", "png", ""}) EXPECT_FALSE(QrFile::can_be_called(name)) << name;
}

}  // namespace
}  // namespace stepup::cli
