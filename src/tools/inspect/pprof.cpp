// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/pprof.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#define ZLIB_CONST // next_in points to const
#include <zlib.h>

#include "dbgscope/utf8.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

// Field numbers of message Profile.
enum : std::uint32_t {
    kSampleType = 1,
    kSample = 2,
    kMapping = 3,
    kLocation = 4,
    kFunction = 5,
    kString = 6,
    kTime = 9,
    kDuration = 10,
    kPeriodType = 11,
    kPeriod = 12,
    kComment = 13
};

// Encoding: developers.google.com/protocol-buffers, "Encoding". Wire types 0 (varint) and 2 (length-delimited).
void put_varint(std::string &to, std::uint64_t value)
{
    constexpr std::uint64_t kMore = 0x80;
    for (; value >= kMore; value >>= 7)
        to += static_cast<char>(value | kMore);
    to += static_cast<char>(value);
}

void put_number(std::string &to, std::uint32_t field, std::uint64_t value)
{
    put_varint(to, field << 3U);
    put_varint(to, value);
}

void put_bytes(std::string &to, std::uint32_t field, std::string_view bytes)
{
    put_varint(to, field << 3U | 2U);
    put_varint(to, bytes.size());
    to += bytes;
}

} // namespace

PprofProfile::PprofProfile(const std::vector<Kind> &kinds)
{
    (void)text(""); // string 0 is empty by definition
    for (const Kind &kind : kinds)
        put_bytes(head_, kSampleType, value_type(kind));
    // One mapping that has all names already: readers look for no binary then.
    std::string mapping;
    put_number(mapping, 1, 1);
    for (const std::uint32_t has : {7U, 8U, 9U}) // functions, filenames, line numbers
        put_number(mapping, has, 1);
    put_bytes(head_, kMapping, mapping);
}

std::string PprofProfile::value_type(Kind kind)
{
    std::string message;
    put_number(message, 1, text(kind.type));
    put_number(message, 2, text(kind.unit));
    return message;
}

void PprofProfile::set_period(Kind kind, std::int64_t period)
{
    put_bytes(head_, kPeriodType, value_type(kind));
    put_number(head_, kPeriod, static_cast<std::uint64_t>(period));
}

void PprofProfile::set_time(std::int64_t unix_ns)
{
    put_number(head_, kTime, static_cast<std::uint64_t>(unix_ns));
}

void PprofProfile::set_duration(std::int64_t nanoseconds)
{
    put_number(head_, kDuration, static_cast<std::uint64_t>(nanoseconds));
}

void PprofProfile::add_comment(std::string_view comment)
{
    put_number(head_, kComment, text(comment));
}

std::uint64_t PprofProfile::text(std::string_view word)
{
    const std::string clean = is_utf8(word) ? std::string(word) : escape_bytes(word); // proto3 strings are UTF-8
    const auto [at, fresh] = known_strings_.try_emplace(clean, strings_.size());
    if (fresh)
        strings_.push_back(clean);
    return at->second;
}

std::uint64_t PprofProfile::location(const Frame &frame)
{
    const std::uint64_t name = text(frame.function), file = text(frame.file);
    const auto [function, new_function] = known_functions_.try_emplace({name, file}, known_functions_.size() + 1);
    if (new_function) {
        std::string message;
        put_number(message, 1, function->second);
        put_number(message, 2, name);
        put_number(message, 3, name);
        put_number(message, 4, file);
        put_bytes(functions_, kFunction, message);
    }
    const auto [place, fresh] =
        known_locations_.try_emplace({function->second, frame.line}, known_locations_.size() + 1);
    if (fresh) {
        std::string line, message;
        put_number(line, 1, function->second);
        put_number(line, 2, static_cast<std::uint64_t>(frame.line));
        put_number(message, 1, place->second);
        put_number(message, 2, 1);
        put_bytes(message, 4, line);
        put_bytes(locations_, kLocation, message);
    }
    return place->second;
}

void PprofProfile::add(const std::vector<Frame> &stack, const std::vector<std::int64_t> &values,
                       std::uint64_t object_bytes)
{
    std::string places, numbers, message;
    for (const Frame &frame : stack)
        put_varint(places, location(frame));
    for (const std::int64_t value : values)
        put_varint(numbers, static_cast<std::uint64_t>(value));
    put_bytes(message, 1, places);
    put_bytes(message, 2, numbers);
    if (object_bytes != 0) {
        std::string label;
        put_number(label, 1, text("bytes"));
        put_number(label, 3, object_bytes);
        put_bytes(message, 3, label);
    }
    put_bytes(samples_, kSample, message);
}

std::string PprofProfile::message() const
{
    std::string all = head_ + samples_ + locations_ + functions_;
    for (const std::string &word : strings_)
        put_bytes(all, kString, word);
    return all;
}

Result<std::string> gzip(std::string_view bytes)
{
    constexpr int kGzipWindow = MAX_WBITS + 16; // zlib.h: "Add 16 to windowBits to write a simple gzip header"
    z_stream stream{};
    std::string out;
    int code = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY);
    if (code == Z_OK) {
        out.resize(deflateBound(&stream, bytes.size()));
        stream.next_in = reinterpret_cast<const Bytef *>(bytes.data()); // NOLINT(*-reinterpret-cast)
        stream.avail_in = static_cast<uInt>(bytes.size());
        stream.next_out = reinterpret_cast<Bytef *>(out.data()); // NOLINT(*-reinterpret-cast)
        stream.avail_out = static_cast<uInt>(out.size());
        code = deflate(&stream, Z_FINISH);
        out.resize(stream.total_out);
        (void)deflateEnd(&stream);
    }
    if (code != Z_STREAM_END)
        return fail(
            {.kind = ErrorKind::system, .operation = "compress", .subject = "a profile", .cause = zError(code)});
    return out;
}

Result<void> write_private_file(const std::string &path, std::string_view bytes)
{
    constexpr unsigned kOwnerOnly = 0600;
    auto file = open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, kOwnerOnly);
    if (!file) {
        file.error().operation = "write";
        return pass(file);
    }
    auto written = write_all(file->get(), bytes, path);
    struct stat info{};
    if (!written && ::fstat(file->get(), &info) == 0 && S_ISREG(info.st_mode))
        (void)::unlink(path.c_str());
    return written;
}

} // namespace dbgscope
