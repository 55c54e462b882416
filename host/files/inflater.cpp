#include "files/inflater.hpp"

#include <algorithm>
#include <array>
#include <new>

#include <fmt/format.h>
#include <zlib.h>

#include <hysteron/error.hpp>

namespace hysteron {

struct Inflater::Stream {
  z_stream state{};
  std::array<std::byte, 1 << 16> packed;
};

namespace {

Error damaged(const Source& source, std::string found) {
  return data_error({.what = source.name() + " is not whole",
                     .expected = "bytes that unpack",
                     .found = std::move(found),
                     .hint = "fetch or write the file again"});
}

}  // namespace

Inflater::Inflater(const Source& source, std::uint64_t at, std::uint64_t count, Packing packing)
    : source_(source), at_(at), left_(count), packing_(packing), stream_(std::make_unique<Stream>()) {
  // Window bits as inflateInit2 takes them: negative is deflate without a frame, 16 more is gzip.
  if (inflateInit2(&stream_->state, packing == Packing::gzip ? MAX_WBITS + 16 : -MAX_WBITS) != Z_OK)
    throw std::bad_alloc();
}

Inflater::~Inflater() { inflateEnd(&stream_->state); }

std::size_t Inflater::read_some(std::span<std::byte> to) {
  z_stream& state = stream_->state;
  const auto room = static_cast<uInt>(std::min<std::size_t>(to.size(), 1u << 30));
  state.next_out = reinterpret_cast<Bytef*>(to.data());
  state.avail_out = room;
  while (!ended_ && state.avail_out == room) {
    if (state.avail_in == 0 && left_ > 0) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, stream_->packed.size()));
      source_.read(at_, std::span(stream_->packed).first(count));
      state.next_in = reinterpret_cast<Bytef*>(stream_->packed.data());
      state.avail_in = static_cast<uInt>(count);
      at_ += count;
      left_ -= count;
    }
    const int status = inflate(&state, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      ended_ = true;
      const bool more = state.avail_in > 0 || left_ > 0;
      if (more && packing_ == Packing::gzip) {  // gzip files may be laid end to end
        ended_ = false;
        if (inflateReset(&state) != Z_OK) throw damaged(source_, "bytes after the end");
      } else if (more) {
        throw damaged(source_, "bytes after the end of a packed member");
      }
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status == Z_BUF_ERROR && state.avail_in == 0 && left_ == 0) {
      throw damaged(source_, "an end too early");
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      throw damaged(source_, fmt::format("\"{}\" from zlib", state.msg ? state.msg : "an error"));
    }
  }
  return room - state.avail_out;
}

void Inflater::read(std::span<std::byte> to) {
  while (!to.empty()) {
    const std::size_t count = read_some(to);
    if (count == 0) throw damaged(source_, fmt::format("{} unpacked bytes too few", to.size()));
    to = to.subspan(count);
  }
}

void Inflater::expect_end() {
  std::array<std::byte, 1> more;
  if (read_some(more) > 0) throw damaged(source_, "more unpacked bytes than its header announces");
}

}  // namespace hysteron
