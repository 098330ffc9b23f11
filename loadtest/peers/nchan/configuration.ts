/** What differs from start to start. */
export interface Settings {
  /** For tabs and publishers. */
  readonly port: number;
  /** For whatever nginx writes. */
  readonly folder: string;
  readonly module: string;
  /** Of its Redis; undefined without one. */
  readonly redisPort: number | undefined;
}

/** The configuration of nginx; the folder's README says why it is as it is. */
export function configuration({ port, folder, module, redisPort }: Settings): string {
  const redis = redisPort === undefined ? '' : 'nchan_redis_pass broker;';
  return `load_module ${module};
daemon off;
pid ${folder}/pid;
error_log stderr crit;
worker_processes 1;
worker_rlimit_nofile 20000;
events {
  worker_connections 19000;
  use epoll;
  multi_accept on;
}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  tcp_nodelay on;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  nchan_shared_memory_size 256M;
  ${redisPort === undefined ? '' : `upstream broker { nchan_redis_server redis://127.0.0.1:${redisPort}; }`}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /sub {
      nchan_subscriber websocket;
      nchan_channel_id all registered user:$arg_user;
      nchan_subscriber_first_message newest;
      nchan_websocket_ping_interval 25;
      ${redis}
    }
    location = /pub {
      nchan_publisher http;
      nchan_channel_id $arg_id;
      nchan_message_timeout 10s;
      nchan_message_buffer_length 2000;
      ${redis}
    }
  }
}
`;
}
