/* The library of the tests: does what the parameter "do" says, and says what it was given. -DWITHOUT_X leaves X out. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wrapper.h"

static wrapperMeterCustom meter;
static wrapperMetricsLog metrics;
static wrapperTraceLog trace;
static atomic_int live, frees, destroyed, finished;
static atomic_int heard, unheard; /* callbacks that returned 0, and others */
static char config[256];

static void* got(size_t size) {
    live++;
    return calloc(1, size + 1);
}

static char* copy(const void* data, size_t size) {
    char* memory = got(size);
    if (size) memcpy(memory, data, size);
    return memory;
}

static void gone(void* memory) {
    if (memory) live--;
    free(memory);
}

static pDataList node(const char* key, const void* data, unsigned len, int type, int status, pDataList next) {
    pDataList made = got(sizeof *made);
    made->key = key ? copy(key, strlen(key)) : NULL;
    made->data = copy(data, len);
    made->len = len;
    made->type = type;
    made->status = status;
    made->next = next;
    return made;
}

static pDescList described(pDescList list) {
    pDescList head = NULL, *last = &head;
    for (; list; list = list->next, last = &(*last)->next) {
        *last = got(sizeof **last);
        (*last)->key = copy(list->key, strlen(list->key));
        (*last)->value = copy(list->value, list->vlen);
        (*last)->vlen = list->vlen;
    }
    return head;
}

static void freed(pDataList list) {
    for (pDataList next; list; list = next) {
        next = list->next;
        for (pDescList desc = list->desc, after; desc; desc = after) {
            after = desc->next;
            gone(desc->key), gone(desc->value), gone(desc);
        }
        gone(list->key), gone(list->data), gone(list);
    }
}

static const char* param(pParamList list, const char* key) {
    for (; list; list = list->next)
        if (list->key && !strcmp(list->key, key)) return list->value;
    return "";
}

static pDataList echoed(pDataList asked) {
    pDataList head = NULL, *last = &head;
    for (; asked; asked = asked->next) {
        if (!asked->key) continue;
        if (((char*)asked->data)[asked->len]) abort(); /* a NUL stands behind the data */
        *last = node(asked->key, asked->data, asked->len, asked->type, asked->status, NULL);
        (*last)->desc = described(asked->desc);
        last = &(*last)->next;
        memset(asked->data, 'X', asked->len); /* what is lent may be written to */
    }
    return head;
}

static pDataList seen(pParamList params, pDataList asked, unsigned ids[], int count) {
    char text[256];
    int size = snprintf(text, sizeof text, "params=%s data=%s ids=", !params ? "NULL" : params->key ? "list" : "dummy",
                        !asked ? "NULL" : asked->key ? "list" : "dummy");
    for (int i = 0; i < count; i++) size += snprintf(text + size, sizeof text - size, "%u,", ids[i]);
    pDataList head = node("lists", text, size, DataText, DataOnce, echoed(asked));
    for (; params; params = params->next)
        if (params->key) head = node(params->key, params->value, params->vlen, DataText, DataOnce, head);
    return head;
}

static pDataList result(const char* what, pParamList params, pDataList asked, unsigned ids[], int count) {
    char text[512];
    int size = 0;
    if (!strcmp(what, "seen")) return seen(params, asked, ids, count);
    if (!strcmp(what, "odd")) return node(NULL, "", 0, 0, 3, node("odd", "x", 1, 9, 9, NULL));
    if (!strcmp(what, "nothing")) return NULL;
    if (!strcmp(what, "state")) {
        size = snprintf(text, sizeof text, "%d %d %d %s", live, frees, destroyed, config);
        return node("state", text, size, DataText, DataOnce, NULL);
    }
    if (!strcmp(what, "returned")) {
        size = snprintf(text, sizeof text, "%d %d", heard, unheard);
        return node("returned", text, size, DataText, DataOnce, NULL);
    }
    if (!strcmp(what, "hole")) {
        pDataList hole = node("hole", "", 0, DataText, DataOnce, NULL);
        gone(hole->data);
        hole->data = NULL, hole->len = 5;
        return hole;
    }
    return echoed(asked);
}

static int told(const char* tag, wrapperCallback callback, pDataList list, int code) {
    int answer = callback(tag, list, code);
    if (answer) unheard++;
    else heard++;
    freed(list);
    return answer;
}

static void counted(const char* tag) {
    meter(tag, "chars", 3), meter(tag, "chars", 4), meter(tag, "pages", 1);
    metrics(tag, "queue", 1234567890123LL);
    trace(tag, "model", "tiny");
    if (meter("nobody", "chars", 1) != -1) abort();
}

static int failure(const char* what, pParamList params) {
    if (!strcmp(what, "crash")) *(volatile int*)8 = 1;
    if (!strcmp(what, "exit")) exit(3);
    return !strcmp(what, "error") ? atoi(param(params, "code")) : 0;
}

#ifndef WITHOUT_wrapperSetCtrl
int wrapperSetCtrl(CtrlType type, void* func) {
    if (type == CTMeterCustom) meter = (wrapperMeterCustom)func;
    if (type == CTMetricsLog) metrics = (wrapperMetricsLog)func;
    if (type == CTTraceLog) trace = (wrapperTraceLog)func;
    return 0;
}
#endif

int wrapperInit(pConfig cfg) {
    if (strcmp(param(cfg, "fail"), "")) return atoi(param(cfg, "fail"));
    for (; cfg; cfg = cfg->next)
        if (cfg->key) snprintf(config + strlen(config), sizeof config - strlen(config), "%s=%s;", cfg->key, cfg->value);
    return 0;
}

int wrapperFini(void) {
    finished++;
    return finished > 1;
}

#ifndef WITHOUT_wrapperError
const char* wrapperError(int code) { return code == 30000 ? "caf\xe9" : code > 0 ? "the words for it" : NULL; }
#endif

const char* wrapperVersion(void) { return "3.2.1"; }

static char loaded[256];

int wrapperLoadRes(pDataList data, unsigned id) {
    if (data->len == 3 && !memcmp(data->data, "bad", 3)) return 20005;
    snprintf(loaded, sizeof loaded, "%u %s=%s type=%d status=%d next=%d", id, data->desc->key, data->desc->value,
             data->type, data->status, data->next != NULL);
    snprintf(config, sizeof config, "%s", loaded);
    return 0;
}

int wrapperUnloadRes(unsigned id) {
    snprintf(config, sizeof config, "unloaded %u", id);
    return id == 13 ? 20006 : 0;
}

#ifndef WITHOUT_wrapperExec
int wrapperExec(const char* tag, pParamList params, pDataList asked, pDataList* answer, unsigned ids[], int count) {
    const char* what = param(params, "do");
    int code = failure(what, params);
    if (code) return code;
    if (!strcmp(what, "meter")) counted(tag);
    *answer = result(what, params, asked, ids, count);
    if (!strcmp(what, "ring") && *answer) (*answer)->next = *answer;
    return 0;
}
#endif

#ifndef WITHOUT_wrapperExecFree
int wrapperExecFree(const char* tag, pDataList* answer) {
    if (!tag || !*tag) abort();
    if (*answer && (*answer)->next == *answer) (*answer)->next = NULL;
    freed(*answer);
    frees++;
    return 0;
}
#endif

typedef struct {
    char* tag;
    const char* given;
    wrapperCallback callback;
    pDataList answer;
    int code, wait, times;
} Job;

static void* later(void* argument) {
    Job* job = argument;
    usleep(job->wait * 1000);
    if (job->code == -99) *(volatile int*)8 = 1;
    for (int i = 0; i < job->times; i++) {
        pDataList answer = i == 0 ? job->answer : node("again", "", 0, DataText, DataEnd, NULL);
        told(job->given ? job->given : job->tag, job->callback, answer, job->code);
    }
    gone(job->tag);
    gone(job);
    return NULL;
}

static void begin(const char* tag, const char* given, wrapperCallback cb, pDataList answer, int code, int wait, int n) {
    Job* job = got(sizeof *job);
    *job = (Job){copy(tag, strlen(tag)), given, cb, answer, code, wait, n};
    pthread_t thread;
    pthread_create(&thread, NULL, later, job);
    pthread_detach(thread);
}

int wrapperExecAsync(const char* tag, pParamList params, pDataList asked, wrapperCallback cb, int timeout,
                     unsigned ids[], int count) {
    const char* what = param(params, "do");
    int code = failure(what, params), wait = atoi(param(params, "wait"));
    if (code || timeout) return code ? code : -7;
    if (!strcmp(what, "meter")) counted(tag);
    if (!strcmp(what, "never")) return 0;
    if (!strcmp(what, "here")) return told(tag, cb, echoed(asked), 0), 0;
    code = !strcmp(what, "fail") ? atoi(param(params, "code")) : 0;
    const char* given = !strcmp(param(params, "pointer"), "same") ? tag : NULL;
    begin(tag, given, cb, code ? NULL : result(what, params, asked, ids, count), code, wait,
          !strcmp(what, "twice") ? 2 : 1);
    return 0;
}

typedef struct {
    char *tag, what[32];
    const char* given;
    wrapperCallback callback;
    pDataList ready, read;
    int code, writes, reads;
} Session;

#ifndef WITHOUT_wrapperCreate
const void* wrapperCreate(const char* tag, pParamList params, wrapperCallback cb, unsigned ids[], int count, int* err) {
    const char* what = param(params, "do");
    (void)ids, (void)count;
    if ((*err = failure(what, params)) || !strcmp(what, "null")) return NULL;
    Session* session = got(sizeof *session);
    session->tag = copy(tag, strlen(tag));
    session->given = tag;
    session->callback = cb;
    session->code = atoi(param(params, "code"));
    snprintf(session->what, sizeof session->what, "%s", what);
    if (!strcmp(what, "early")) told(tag, cb, node("early", "", 0, DataText, DataContinue, NULL), 0);
    return session;
}

int wrapperWrite(const void* handle, pDataList asked) {
    Session* session = (Session*)handle;
    session->writes++;
    if (!strcmp(session->what, "crash in write")) *(volatile int*)8 = 1;
    if (!strcmp(session->what, "bad write")) return session->code;
    if (!strcmp(session->what, "meter")) counted(session->tag);
    if (!session->callback) {
        pDataList* last = &session->ready;
        while (*last) last = &(*last)->next;
        *last = echoed(asked);
    } else if (!strcmp(session->what, "fail")) {
        begin(session->tag, NULL, session->callback, NULL, session->code, 1, 1);
    } else if (!strcmp(session->what, "here")) {
        told(session->tag, session->callback, echoed(asked), 0);
    } else if (strcmp(session->what, "late")) {
        begin(session->tag, NULL, session->callback, echoed(asked), 0, 1, 1);
    }
    return 0;
}

int wrapperRead(const void* handle, pDataList* answer) {
    Session* session = (Session*)handle;
    session->reads++;
    if (!strcmp(session->what, "bad read")) return session->code;
    if (!strcmp(session->what, "silent")) return 0;
    freed(session->read);
    *answer = session->read = session->ready;
    session->ready = NULL;
    return 0;
}

const char* wrapperDebugInfo(const void* handle) {
    static char line[64];
    snprintf(line, sizeof line, "%d writes %d reads", ((Session*)handle)->writes, ((Session*)handle)->reads);
    return line;
}

int wrapperDestroy(const void* handle) {
    Session* session = (Session*)handle;
    if (!strcmp(session->what, "late")) {
        begin(session->tag, NULL, session->callback, NULL, 0, 20, 1);
        begin(session->tag, session->given, session->callback, NULL, 0, 40, 1);
    }
    freed(session->ready), freed(session->read), gone(session->tag), gone(session);
    destroyed++;
    return 0;
}
#endif
