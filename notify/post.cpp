#include "notify/post.hpp"

#include <memory>

#include <curl/curl.h>

namespace sluice::notify {
namespace {

struct Free {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, Free>;

void append(List& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return;
  (void)list.release();
  list.reset(longer);
}

std::size_t ignore(char*, std::size_t, std::size_t count, void*) {
  return count;
}

std::size_t keep(char* data, std::size_t, std::size_t count, void* body) {
  auto& kept = *static_cast<std::string*>(body);
  if (kept.size() + count > kBodyMax) return 0;
  kept.append(data, count);
  return count;
}

int is_cancelled(void* cancelled, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(cancelled)->load() ? 1 : 0;
}

// Once in the process; the library says that it is safe beside other threads since 7.84.
void initialise() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)done;
}

using Curl = std::unique_ptr<CURL, Free>;

// What every question has. `cancelled` and `url` outlive the handle's work.
Curl make_handle(const std::string& url, const std::atomic<bool>& cancelled,
                 std::chrono::milliseconds patience) {
  initialise();
  Curl curl(curl_easy_init());
  CURL* const handle = curl.get();
  if (handle == nullptr) return curl;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "sluice");
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, ignore);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, is_cancelled);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &cancelled);
  return curl;
}

Answer perform(CURL* handle) {
  const CURLcode done = curl_easy_perform(handle);
  if (done != CURLE_OK) return {0, curl_easy_strerror(done)};
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return {static_cast<unsigned>(status), {}};
}

}  // namespace

Answer post(const std::string& url, std::string_view content_type, const Fields& fields,
            const std::string& body, const std::atomic<bool>& cancelled,
            std::chrono::milliseconds patience) {
  const Curl curl = make_handle(url, cancelled, patience);
  if (!curl) return {0, "out of memory"};
  List headers;
  append(headers, "Content-Type: " + std::string(content_type));
  append(headers, "Expect:");
  for (const auto& [name, value] : fields) append(headers, name + ": " + value);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  return perform(curl.get());
}

Answer get(const std::string& url, const std::atomic<bool>& cancelled,
           std::chrono::milliseconds patience) {
  const Curl curl = make_handle(url, cancelled, patience);
  if (!curl) return {0, "out of memory"};
  std::string body;
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, keep);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  Answer answer = perform(curl.get());
  answer.body = std::move(body);
  return answer;
}

}  // namespace sluice::notify
