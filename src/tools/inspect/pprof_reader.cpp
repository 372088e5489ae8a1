// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/pprof_reader.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <unordered_map>

#define ZLIB_CONST // next_in points to const
#include <zlib.h>

#include <fmt/core.h>

#include "dbgscope/bytes.hpp"

namespace dbgscope {
namespace {

constexpr std::size_t kMaxBytes = 128 * kMiB;
constexpr std::size_t kMaxEntries = 1'000'000;
constexpr std::size_t kMaxFrames = 16'000'000;
constexpr std::size_t kMaxKinds = 16;
constexpr std::string_view kGzipMagic = "\x1f\x8b";

std::unexpected<Error> unreadable(std::string cause)
{
    return fail({.kind = ErrorKind::unsupported,
                 .operation = "read",
                 .subject = "the profile",
                 .cause = std::move(cause),
                 .hint = "it has to be one that go tool pprof reads: dbgscope heap -o FILE writes them"});
}

Result<std::string> gunzip(std::string_view bytes)
{
    constexpr int kGzipWindow = MAX_WBITS + 16; // zlib.h: "Add 16 to windowBits" for gzip alone
    constexpr std::size_t kFirst = 64 * kKiB;
    z_stream stream{};
    if (const int code = inflateInit2(&stream, kGzipWindow); code != Z_OK)
        return unreadable(zError(code));
    stream.next_in = reinterpret_cast<const Bytef *>(bytes.data()); // NOLINT(*-reinterpret-cast)
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
    std::string out;
    int code = Z_OK;
    while (code == Z_OK && out.size() < kMaxBytes) {
        const std::size_t done = out.size();
        out.resize(std::clamp(2 * done, kFirst, kMaxBytes));
        stream.next_out = reinterpret_cast<Bytef *>(out.data() + done); // NOLINT(*-reinterpret-cast)
        stream.avail_out = static_cast<uInt>(out.size() - done);
        code = inflate(&stream, Z_NO_FLUSH);
        out.resize(out.size() - stream.avail_out);
    }
    (void)inflateEnd(&stream);
    if (code == Z_STREAM_END)
        return out;
    if (out.size() >= kMaxBytes)
        return unreadable("it is larger than 128M");
    return unreadable("its compressed data is damaged, or cut off");
}

/// The fields of one message: developers.google.com/protocol-buffers, "Encoding".
class Wire {
  public:
    explicit Wire(std::string_view rest) : rest_(rest) {}

    /// False: the end, or damage (see good()).
    bool next()
    {
        if (rest_.empty() || !good_)
            return false;
        const std::uint64_t key = varint();
        field_ = key >> 3U;
        number_ = 0;
        bytes_ = {};
        switch (key & 7U) {
        case 0: number_ = varint(); break;
        case 1: (void)take(sizeof(std::uint64_t)); break; // no profile has any
        case 2: bytes_ = take(varint()); break;
        case 5: (void)take(sizeof(std::uint32_t)); break;
        default: good_ = false;
        }
        packed_ = (key & 7U) == 2;
        return good_;
    }
    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] std::uint64_t field() const { return field_; }
    [[nodiscard]] std::uint64_t number() const { return number_; }
    [[nodiscard]] std::string_view bytes() const { return bytes_; }

    /// Appends a repeated number, which may be packed. False: damage, or more than `most` of them.
    template <class T> bool numbers(std::vector<T> &to, std::size_t most)
    {
        if (!packed_) {
            to.push_back(static_cast<T>(number_));
            return to.size() <= most;
        }
        Wire packed(bytes_);
        while (!packed.rest_.empty() && packed.good_ && to.size() <= most)
            to.push_back(static_cast<T>(packed.varint()));
        return packed.good_ && to.size() <= most;
    }

  private:
    std::uint64_t varint()
    {
        constexpr unsigned kMore = 0x80;
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= std::uint64_t{byte & (kMore - 1)} << shift;
            if (byte < kMore)
                return value;
        }
        good_ = false;
        return 0;
    }
    std::string_view take(std::uint64_t size)
    {
        good_ &= size <= rest_.size();
        if (!good_)
            return {};
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

    std::string_view rest_, bytes_;
    std::uint64_t field_ = 0, number_ = 0;
    bool good_ = true, packed_ = false;
};

class Reader {
  public:
    /// Nothing, or what is wrong.
    std::string read(std::string_view message)
    {
        if (!collect(message))
            return "it is damaged, or cut off";
        if (std::max({strings_.size(), samples_.size(), places_.size(), functions_.size()}) > kMaxEntries)
            return "it has more than 1,000,000 samples or names";
        if (kinds_.empty() || kinds_.size() > kMaxKinds)
            return "it is no profile";
        for (const std::string_view bytes : kinds_)
            if (!kind(bytes))
                return "it is damaged";
        for (const std::string_view bytes : functions_)
            if (!function(bytes))
                return "one of its functions is damaged";
        for (const std::string_view bytes : places_)
            if (!place(bytes))
                return "one of its locations is damaged";
        for (const std::string_view bytes : samples_)
            if (!sample(bytes))
                return "one of its samples is damaged, or its stacks are longer than any";
        return {};
    }
    PprofContents contents;

  private:
    struct Function {
        std::uint64_t name = 0, file = 0;
    };

    bool collect(std::string_view message)
    {
        Wire wire(message);
        while (wire.next()) {
            switch (wire.field()) { // of message Profile
            case 1: kinds_.push_back(wire.bytes()); break;
            case 2: samples_.push_back(wire.bytes()); break;
            case 4: places_.push_back(wire.bytes()); break;
            case 5: functions_.push_back(wire.bytes()); break;
            case 6: strings_.push_back(wire.bytes()); break;
            case 9: contents.unix_ns = static_cast<std::int64_t>(wire.number()); break;
            default: break;
            }
        }
        return wire.good();
    }
    [[nodiscard]] std::string text(std::uint64_t index) const
    {
        return index < strings_.size() ? std::string(strings_[index]) : std::string();
    }
    bool kind(std::string_view bytes)
    {
        std::uint64_t type = 0, unit = 0;
        Wire wire(bytes);
        while (wire.next())
            (wire.field() == 1 ? type : unit) = wire.number();
        contents.kinds.push_back({.type = text(type), .unit = text(unit)});
        return wire.good();
    }
    bool function(std::string_view bytes)
    {
        std::uint64_t id = 0;
        Function function;
        Wire wire(bytes);
        while (wire.next()) {
            if (wire.field() == 1)
                id = wire.number();
            else if (wire.field() == 2)
                function.name = wire.number();
            else if (wire.field() == 4)
                function.file = wire.number();
        }
        known_functions_[id] = function;
        return wire.good();
    }
    bool place(std::string_view bytes)
    {
        std::uint64_t id = 0, address = 0;
        std::vector<std::string_view> lines;
        Wire wire(bytes);
        while (wire.next()) {
            if (wire.field() == 1)
                id = wire.number();
            else if (wire.field() == 3)
                address = wire.number();
            else if (wire.field() == 4)
                lines.push_back(wire.bytes());
        }
        std::vector<std::uint32_t> &frames = known_places_[id];
        frames.clear();
        for (const std::string_view line : lines) // the innermost first: the last is what the others are inlined into
            if (++lines_ > kMaxEntries || !this->line(line, frames))
                return false;
        if (frames.empty()) {
            frames.push_back(static_cast<std::uint32_t>(contents.frames.size()));
            contents.frames.push_back({.function = fmt::format("{:#x}", address), .file = {}, .line = 0});
        }
        return wire.good();
    }
    bool line(std::string_view bytes, std::vector<std::uint32_t> &frames)
    {
        std::uint64_t id = 0, number = 0;
        Wire wire(bytes);
        while (wire.next()) {
            if (wire.field() == 1)
                id = wire.number();
            else if (wire.field() == 2)
                number = wire.number();
        }
        const Function &function = known_functions_[id];
        const int where = number <= std::numeric_limits<int>::max() ? static_cast<int>(number) : 0;
        const auto [at, fresh] = known_frames_.try_emplace(std::tuple(function.name, function.file, where),
                                                           static_cast<std::uint32_t>(contents.frames.size()));
        if (fresh) {
            contents.frames.push_back({.function = text(function.name), .file = text(function.file), .line = where});
            texts_ += contents.frames.back().function.size() + contents.frames.back().file.size();
        }
        frames.push_back(at->second);
        return wire.good() && texts_ <= kMaxBytes;
    }
    bool sample(std::string_view bytes)
    {
        PprofContents::Sample sample;
        std::vector<std::uint64_t> places;
        Wire wire(bytes);
        while (wire.next()) {
            if (wire.field() == 1 && !wire.numbers(places, kMaxFrames))
                return false;
            if (wire.field() == 2 && !wire.numbers(sample.values, kMaxKinds))
                return false;
            if (wire.field() == 3 && !label(wire.bytes(), sample.object_bytes))
                return false;
        }
        for (const std::uint64_t id : places) {
            const auto known = known_places_.find(id);
            if (known == known_places_.end())
                return false;
            frames_ += known->second.size();
            if (frames_ > kMaxFrames)
                return false;
            sample.stack.insert(sample.stack.end(), known->second.begin(), known->second.end());
        }
        if (!wire.good() || sample.values.size() != contents.kinds.size())
            return false;
        contents.samples.push_back(std::move(sample));
        return true;
    }
    bool label(std::string_view bytes, std::uint64_t &object_bytes) const
    {
        std::uint64_t key = 0, number = 0;
        Wire wire(bytes);
        while (wire.next()) {
            if (wire.field() == 1)
                key = wire.number();
            else if (wire.field() == 3)
                number = wire.number();
        }
        if (text(key) == "bytes")
            object_bytes = number;
        return wire.good();
    }

    std::vector<std::string_view> kinds_, samples_, places_, functions_, strings_;
    std::unordered_map<std::uint64_t, Function> known_functions_;
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> known_places_;
    std::map<std::tuple<std::uint64_t, std::uint64_t, int>, std::uint32_t> known_frames_;
    std::size_t lines_ = 0, frames_ = 0, texts_ = 0;
};

} // namespace

std::optional<std::size_t> PprofContents::kind(std::string_view type) const
{
    const auto found = std::ranges::find(kinds, type, &Kind::type);
    if (found == kinds.end())
        return std::nullopt;
    return static_cast<std::size_t>(found - kinds.begin());
}

Result<PprofContents> read_pprof(std::string_view bytes)
{
    std::string unpacked;
    if (bytes.starts_with(kGzipMagic)) {
        auto message = gunzip(bytes);
        if (!message)
            return pass(message);
        unpacked = std::move(*message);
        bytes = unpacked;
    }
    Reader reader;
    if (std::string wrong = reader.read(bytes); !wrong.empty())
        return unreadable(std::move(wrong));
    return std::move(reader.contents);
}

} // namespace dbgscope
