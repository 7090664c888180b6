// A wrapper in C++: counts words. No wrapperRead and no wrapperExec: all results come by callback, from other threads.
#include <cctype>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "wrapper.h"

namespace {

constexpr int FAILED = 21001, NOT_TEXT = 21002;
unsigned long least = 1;

// Words, counted piece by piece: one that is cut in two is one.
class Count {
  public:
    void add(const std::string& text) {
        for (unsigned char letter : text) {
            if (!std::isspace(letter)) {
                ++length_;
            } else {
                end();
            }
        }
    }
    void end() {
        if (length_ >= least) ++words_;
        length_ = 0;
    }
    std::string words() const { return std::to_string(words_); }

  private:
    unsigned long length_ = 0, words_ = 0;
};

// One result; the host has copied it when the callback returns.
int tell(wrapperCallback callback, const std::string& tag, const std::string& words, DataStatus status) {
    std::string key = "words", data = words, name = "encoding", value = "utf8";
    ParamList desc{name.data(), value.data(), static_cast<unsigned>(value.size()), nullptr};
    DataList node{key.data(), data.data(), static_cast<unsigned>(data.size()), DataText, status, &desc, nullptr};
    return callback(tag.c_str(), &node, 0);
}

struct Piece {
    std::string text;
    bool last;
};

// What the host passes is gone when the call returns: it is copied here.
int taken(pDataList node, Piece& piece) {
    piece.last = false;
    for (; node; node = node->next) {
        if (node->type != DataText) return NOT_TEXT;
        piece.text.append(static_cast<const char*>(node->data), node->len);
        piece.last = piece.last || node->status == DataEnd || node->status == DataOnce;
    }
    return 0;
}

class Session {
  public:
    Session(std::string tag, wrapperCallback callback)
        : tag_(std::move(tag)), callback_(callback), thread_([this] { run(); }) {}

    ~Session() {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            over_ = true;
        }
        more_.notify_one();
        thread_.join();
    }

    void write(Piece piece) {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            pieces_.push_back(std::move(piece));
        }
        more_.notify_one();
    }

  private:
    void run() {
        Count count;
        for (;;) {
            Piece piece;
            {
                std::unique_lock<std::mutex> lock(mutex_);
                more_.wait(lock, [this] { return over_ || !pieces_.empty(); });
                if (over_) return;
                piece = std::move(pieces_.front());
                pieces_.pop_front();
            }
            count.add(piece.text);
            if (piece.last) count.end();
            // -1: nobody waits for this session any more; wrapperDestroy is on its way.
            if (tell(callback_, tag_, count.words(), piece.last ? DataEnd : DataContinue)) return;
        }
    }

    std::string tag_;
    wrapperCallback callback_;
    std::mutex mutex_;
    std::condition_variable more_;
    std::deque<Piece> pieces_;
    bool over_ = false;
    std::thread thread_;  // last: it runs when all else is there
};

}  // namespace

// No exception may leave a function that C calls.
extern "C" {

int wrapperInit(pConfig cfg) {
    for (; cfg; cfg = cfg->next)
        if (std::string(cfg->key) == "least") least = std::strtoul(cfg->value, nullptr, 10);
    return 0;
}

int wrapperFini(void) { return 0; }

const char* wrapperError(int code) { return code == NOT_TEXT ? "only text has words" : "out of memory or threads"; }

const char* wrapperVersion(void) { return "1.0.0"; }

int wrapperExecAsync(const char* usrTag, pParamList, pDataList reqData, wrapperCallback callback, int, unsigned int*,
                     int) {
    try {
        Piece piece;
        if (int code = taken(reqData, piece)) return code;
        std::thread([tag = std::string(usrTag), piece, callback] {
            Count count;
            count.add(piece.text);
            count.end();
            tell(callback, tag, count.words(), DataOnce);
        }).detach();
        return 0;
    } catch (const std::exception&) {
        return FAILED;
    }
}

const void* wrapperCreate(const char* usrTag, pParamList, wrapperCallback cb, unsigned int*, int, int* errNum) {
    try {
        return new Session(usrTag, cb);
    } catch (const std::exception&) {
        *errNum = FAILED;
        return nullptr;
    }
}

int wrapperWrite(const void* handle, pDataList reqData) {
    try {
        Piece piece;
        if (int code = taken(reqData, piece)) return code;
        static_cast<Session*>(const_cast<void*>(handle))->write(std::move(piece));
        return 0;
    } catch (const std::exception&) {
        return FAILED;
    }
}

int wrapperDestroy(const void* handle) {
    delete static_cast<Session*>(const_cast<void*>(handle));
    return 0;
}
}
