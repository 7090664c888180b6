/* A wrapper in C: says it louder. Single calls and sessions, answered by return or by callback. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wrapper.h"

enum { NO_MEMORY = 20001, NOT_TEXT = 20002, NO_THREAD = 20003 };

static wrapperMeterCustom meter;
static char greeting[64];

static char* copied(const void* data, size_t size) {
    char* copy = malloc(size + 1);
    if (copy) {
        if (size) memcpy(copy, data, size);
        copy[size] = 0;
    }
    return copy;
}

static void louder(char* data, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (data[i] >= 'a' && data[i] <= 'z') data[i] -= 'a' - 'A';
}

static void freed(pDataList list) {
    while (list) {
        pDataList next = list->next;
        free(list->key);
        free(list->data);
        free(list);
        list = next;
    }
}

/* A copy of what is asked, in capitals; what came in is the host's, and gone when the call returns. */
static int answered(pDataList asked, pDataList* answer) {
    pDataList* last = answer;
    *answer = NULL;
    for (; asked; asked = asked->next) {
        if (!asked->key) continue;
        pDataList node = calloc(1, sizeof *node);
        if (node) *last = node, last = &node->next;
        if (!node || !(node->key = copied(asked->key, strlen(asked->key))) ||
            !(node->data = copied(asked->data, asked->len))) {
            freed(*answer);
            *answer = NULL;
            return NO_MEMORY;
        }
        node->len = asked->len;
        node->type = asked->type;
        node->status = asked->status;
        if (asked->type == DataText) louder(node->data, node->len);
    }
    return 0;
}

static unsigned int bytes(pDataList list) {
    unsigned int sum = 0;
    for (; list; list = list->next) sum += list->len;
    return sum;
}

int wrapperSetCtrl(CtrlType type, void* func) {
    if (type == CTMeterCustom) meter = (wrapperMeterCustom)func;
    return 0;
}

int wrapperInit(pConfig cfg) {
    for (; cfg; cfg = cfg->next)
        if (!strcmp(cfg->key, "greeting")) snprintf(greeting, sizeof greeting, "%s", cfg->value);
    return 0;
}

int wrapperFini(void) { return 0; }

const char* wrapperError(int code) {
    switch (code) {
        case NO_MEMORY: return "there is no memory left";
        case NOT_TEXT: return "only text can be said louder";
        case NO_THREAD: return "no thread can be had";
        default: return "unknown code";
    }
}

const char* wrapperVersion(void) { return "1.0.0"; }

static int refused(pDataList asked) {
    for (; asked; asked = asked->next)
        if (asked->key && asked->type == DataVideo) return NOT_TEXT;
    return 0;
}

int wrapperExec(const char* usrTag, pParamList params, pDataList reqData, pDataList* respData, unsigned int psrIds[],
                int psrCnt) {
    (void)params, (void)psrIds, (void)psrCnt;
    int code = refused(reqData);
    if (!code) code = answered(reqData, respData);
    if (!code && meter) meter(usrTag, "bytes", (int)bytes(reqData));
    return code;
}

int wrapperExecFree(const char* usrTag, pDataList* respData) {
    (void)usrTag;
    freed(*respData);
    *respData = NULL;
    return 0;
}

/* One call that is answered by callback, on a thread of its own. */
typedef struct {
    char* tag;
    pDataList answer;
    wrapperCallback callback;
} Job;

static void* answer_later(void* given) {
    Job* job = given;
    job->callback(job->tag, job->answer, 0);
    freed(job->answer);
    free(job->tag);
    free(job);
    return NULL;
}

int wrapperExecAsync(const char* usrTag, pParamList params, pDataList reqData, wrapperCallback callback, int timeout,
                     unsigned int psrIds[], int psrCnt) {
    (void)params, (void)timeout, (void)psrIds, (void)psrCnt;
    int code = refused(reqData);
    if (code) return code;
    Job* job = calloc(1, sizeof *job);
    if (!job) return NO_MEMORY;
    job->callback = callback;
    job->tag = copied(usrTag, strlen(usrTag));
    code = job->tag ? answered(reqData, &job->answer) : NO_MEMORY;
    pthread_t thread;
    if (!code && pthread_create(&thread, NULL, answer_later, job)) code = NO_THREAD;
    if (code) {
        freed(job->answer);
        free(job->tag);
        free(job);
        return code;
    }
    pthread_detach(thread);
    return 0;
}

/* A session: what it is told, it says louder; by callback if it has one, else when it is read. */
typedef struct {
    char* tag;
    wrapperCallback callback;
    pDataList ready;  /* not read yet */
    pDataList read;   /* given out, and ours until the end */
    unsigned int writes;
    char line[96];
} Session;

const void* wrapperCreate(const char* usrTag, pParamList params, wrapperCallback cb, unsigned int psrIds[], int psrCnt,
                          int* errNum) {
    (void)params, (void)psrIds, (void)psrCnt;
    Session* session = calloc(1, sizeof *session);
    if (!session || !(session->tag = copied(usrTag, strlen(usrTag)))) {
        free(session);
        *errNum = NO_MEMORY;
        return NULL;
    }
    session->callback = cb;
    return session;
}

static void append(pDataList* list, pDataList more) {
    while (*list) list = &(*list)->next;
    *list = more;
}

int wrapperWrite(const void* handle, pDataList reqData) {
    Session* session = (Session*)handle;
    pDataList answer = NULL;
    int code = refused(reqData);
    if (!code) code = answered(reqData, &answer);
    if (code) return code;
    session->writes++;
    if (meter) meter(session->tag, "bytes", (int)bytes(reqData));
    if (session->callback) {
        session->callback(session->tag, answer, 0);
        freed(answer);
    } else {
        append(&session->ready, answer);
    }
    return 0;
}

int wrapperRead(const void* handle, pDataList* respData) {
    Session* session = (Session*)handle;
    freed(session->read); /* the host has copied it */
    session->read = session->ready;
    session->ready = NULL;
    *respData = session->read;
    return 0;
}

const char* wrapperDebugInfo(const void* handle) {
    Session* session = (Session*)handle;
    snprintf(session->line, sizeof session->line, "%s after %u writes", greeting, session->writes);
    return session->line;
}

int wrapperDestroy(const void* handle) {
    Session* session = (Session*)handle;
    freed(session->ready);
    freed(session->read);
    free(session->tag);
    free(session);
    return 0;
}

int wrapperLoadRes(pDataList perData, unsigned int resId) {
    (void)perData, (void)resId;
    return 0;
}

int wrapperUnloadRes(unsigned int resId) {
    (void)resId;
    return 0;
}
