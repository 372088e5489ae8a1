// SPDX-License-Identifier: Apache-2.0
// Keeps strings in a map and numbers in a vector, at most 110 MiB, from a thread that is not the first.
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace shop {

class Server {
  public:
    void remember(int key) { seen_[key] = std::string(1000, 'x'); }
    void log(int key);

  private:
    std::map<int, std::string> seen_;
    std::vector<long> log_;
};

void Server::log(int key)
{
    log_.push_back(key);
}

} // namespace shop

static void work()
{
    shop::Server server;
    std::fputs("remember: ready\n", stderr);
    for (int i = 0; i < 100'000; ++i) {
        server.remember(i);
        server.log(i);
        if (i % 100 == 0)
            ::usleep(1000);
    }
    ::sleep(60);
}

int main()
{
    std::thread(work).join();
}
