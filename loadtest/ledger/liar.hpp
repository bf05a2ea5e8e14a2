#pragma once
// `ledger liar`: a small proxy with one fault of each kind that the judge must find. It shows that
// the rig bites.
#include <cstdint>
#include <string>
#include <vector>

namespace ledger {

struct LiarOptions {
  // resend:  asks again after a POST whose answer did not come, as if it could not have been
  //          processed
  // swap:    now and then gives a client the answer that another one has had
  // shorten: takes the end off a body and makes its length right again
  // invent:  answers 200 in the name of an upstream that was not asked
  // finish:  fills up a request that its client has cut, and sends it on
  // honest:  none of these
  std::string lie;
  std::uint64_t run = 0;
  std::vector<std::uint16_t> upstreams;
};

int serve_liar(const LiarOptions& options);

}  // namespace ledger
